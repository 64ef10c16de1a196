const { spawn } = require('node:child_process');
const { rm } = require('node:fs/promises');
const gulp = require('gulp');

/** Files that tsc omits but n8n loads: icons, codex files and output schemas. */
const assets = ['nodes/**/*.json', 'icons/*.svg'];

const tsc = (...options) =>
	spawn(process.execPath, [require.resolve('typescript/bin/tsc'), ...options], {
		stdio: 'inherit',
	});

const clean = () => rm('dist', { recursive: true, force: true });
const compile = () => tsc();
const copy = () => gulp.src(assets, { base: '.', encoding: false }).pipe(gulp.dest('dist'));

const build = gulp.series(clean, gulp.parallel(compile, copy));

/** Builds, then rebuilds what changes until Ctrl-C. */
const watch = () => {
	gulp.watch(assets, copy);
	return tsc('--watch', '--preserveWatchOutput');
};

module.exports = { build, dev: gulp.series(clean, copy, watch), default: build };
