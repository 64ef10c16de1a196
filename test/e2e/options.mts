/** @returns the value of --name=value on the command line; undefined if the option is missing */
export function option(name: string): string | undefined {
	const start = `--${name}=`;
	return process.argv.find((argument) => argument.startsWith(start))?.slice(start.length);
}
