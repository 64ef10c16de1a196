import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { start, type RunningProgram } from '../../tools/command-line/processes.mts';
import { findProgram } from '../../tools/n8n/services.mts';

/** A part of a recording, in seconds from its start. */
export interface Excerpt {
	from: number;
	to: number;
}

/** How long the video shows an unchanged page: nobody watches n8n load. */
const maxStillSeconds = 1;

/** Records what a page shows as a video: Chromium delivers the frames, ffmpeg encodes them. */
export class Recording {
	private readonly start = Date.now();
	private frame: Buffer | undefined;
	/** The frames in the video. */
	private frames = 0;
	/** The frames that were due, including those of an unchanged page. */
	private due = 0;
	/** How often the current frame is in the video. */
	private repeats = 0;
	private isHeld = false;
	private readonly timer: NodeJS.Timeout;

	private constructor(
		readonly file: string,
		private readonly framesPerSecond: number,
		private readonly encoder: RunningProgram,
	) {
		this.timer = setInterval(() => this.write(), 1000 / framesPerSecond);
		// If ffmpeg ends early, stop reports why.
		encoder.child.stdin?.on('error', () => undefined);
	}

	/**
	 * @param file the video, an MP4
	 * @param settings frames per second, and the width of the video in pixels
	 * @throws Missing if ffmpeg is not installed on this machine
	 */
	static async start(
		page: Page,
		file: string,
		{ framesPerSecond, width }: { framesPerSecond: number; width: number },
	): Promise<Recording> {
		const input = ['-f', 'image2pipe', '-c:v', 'mjpeg', '-framerate', String(framesPerSecond)];
		const output = ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p'];
		const encoder = start(
			findProgram(['ffmpeg']),
			// The height must be even.
			['-y', ...input, '-i', '-', '-vf', `scale=${width}:-2`, ...output, file],
			{ hasInput: true },
		);
		const recording = new Recording(file, framesPerSecond, encoder);
		const chrome = await page.context().newCDPSession(page);
		// Chromium sends a frame when something has changed.
		chrome.on('Page.screencastFrame', ({ data, sessionId }) => {
			recording.frame = Buffer.from(data, 'base64');
			recording.repeats = 0;
			void chrome.send('Page.screencastFrameAck', { sessionId }).catch(() => undefined);
		});
		await chrome.send('Page.startScreencast', { format: 'jpeg', quality: 90 });
		return recording;
	}

	/** Seconds in the video so far. */
	get seconds(): number {
		return this.frames / this.framesPerSecond;
	}

	/** Shows the page for this long, even if it does not change. */
	async hold(page: Page, seconds: number): Promise<void> {
		this.isHeld = true;
		await page.waitForTimeout(seconds * 1000);
		this.write();
		this.isHeld = false;
	}

	/** Repeats the current frame as often as necessary to keep up with the clock. */
	private write(): void {
		if (!this.frame) return;
		const elapsed = ((Date.now() - this.start) / 1000) * this.framesPerSecond;
		for (; this.due < elapsed; this.due++) {
			if (!this.isHeld && this.repeats >= maxStillSeconds * this.framesPerSecond) continue;
			this.encoder.child.stdin?.write(this.frame);
			this.repeats++;
			this.frames++;
		}
	}

	[Symbol.dispose](): void {
		clearInterval(this.timer);
		this.encoder.child.stdin?.end();
	}

	/** Finishes the video. @returns its number of frames */
	async stop(): Promise<number> {
		this[Symbol.dispose]();
		assert.equal(await this.encoder.ended, 0, this.encoder.output());
		return this.frames;
	}
}

/** @returns the number of frames and the seconds of a video */
export async function measureVideo(file: string): Promise<{ frames: number; seconds: number }> {
	const entries = 'stream=nb_read_frames:format=duration';
	const options = ['-v', 'error', '-count_frames', '-show_entries', entries, '-of', 'json'];
	const probe = start(findProgram(['ffprobe']), [...options, file]);
	assert.equal(await probe.ended, 0, probe.output());
	const { streams, format } = JSON.parse(probe.output()) as {
		streams: Array<{ nb_read_frames: string }>;
		format: { duration: string };
	};
	return { frames: Number(streams[0].nb_read_frames), seconds: Number(format.duration) };
}

/** Makes an animation for the README from parts of a video. */
export async function makeAnimation(
	video: string,
	excerpts: Excerpt[],
	file: string,
	width: number,
): Promise<void> {
	const parts = excerpts.map(({ from, to }) => `between(t,${from},${to})`).join('+');
	const framesPerSecond = 5;
	const filter = [
		`select='${parts}'`,
		`setpts=N/FRAME_RATE/TB`,
		`fps=${framesPerSecond}`,
		`scale=${width}:-2:flags=lanczos`,
	].join();
	const encoding = ['-c:v', 'libwebp_anim', '-quality', '70', '-loop', '0'];
	const ffmpeg = start(findProgram(['ffmpeg']), [
		'-y',
		'-i',
		video,
		'-vf',
		filter,
		...encoding,
		file,
	]);
	assert.equal(await ffmpeg.ended, 0, ffmpeg.output());
}
