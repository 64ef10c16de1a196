// Runs in each page that is recorded: shows a caption at the bottom, and the pointer, which Chromium does not record.

function createOverlay(style) {
	const overlay = document.createElement('div');
	Object.assign(overlay.style, { position: 'fixed', pointerEvents: 'none' }, style);
	return overlay;
}

const caption = createOverlay({
	left: '0',
	right: '0',
	bottom: '0',
	padding: '14px 48px',
	background: 'rgba(20, 20, 40, 0.92)',
	color: 'white',
	font: '500 20px/28px sans-serif',
	textAlign: 'center',
	zIndex: '2147483646',
});

const pointer = createOverlay({
	left: '640px',
	top: '400px',
	width: '20px',
	height: '20px',
	margin: '-10px',
	borderRadius: '50%',
	background: 'rgba(255, 100, 60, 0.6)',
	boxShadow: '0 0 0 2px white',
	transition: 'left 0.25s, top 0.25s, scale 0.15s',
	zIndex: '2147483647',
});

function showCaption(text) {
	sessionStorage.setItem('caption', text);
	caption.textContent = text;
	caption.hidden = text === '';
}
globalThis.showCaption = showCaption;

addEventListener('DOMContentLoaded', () => {
	document.documentElement.append(caption, pointer);
	showCaption(sessionStorage.getItem('caption') ?? '');
});
addEventListener(
	'mousemove',
	({ clientX, clientY }) => {
		pointer.style.left = `${clientX}px`;
		pointer.style.top = `${clientY}px`;
	},
	true,
);
addEventListener('mousedown', () => (pointer.style.scale = '1.8'), true);
addEventListener('mouseup', () => (pointer.style.scale = '1'), true);
