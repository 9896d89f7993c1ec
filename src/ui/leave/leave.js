// What leaves the page in other forms than a link: a QR code, the files as a zip, a picture of the yard. Loaded when
// it is first asked for.
import { strToU8, zipSync } from 'fflate';
import { encode } from 'uqr';

/** The modules of a QR code as the path of a picture of `size` units; nothing if the text is too long for one. */
export function qr(text) {
  try {
    const { data, size } = encode(text, { ecc: 'L', border: 4 });
    const rows = data.map((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')).join(''));
    return { size, path: rows.join('') };
  } catch { return undefined; }
}

/** Files by their names, in one archive. */
export function zip(files) {
  const entries = Object.entries(files).map(([name, text]) => [name, strToU8(text)]);
  return zipSync(Object.fromEntries(entries), { level: 6 });
}

const SVG = 'http://www.w3.org/2000/svg';
const shows = (colour) => colour && colour !== 'transparent' && !/^rgba\(.*, 0\)$/.test(colour);
const escape = (text) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
const round = (number) => Math.round(number * 10) / 10;

/** What an element looks like, as a drawing of boxes and words: it needs no font, script or sheet of ours. */
export function picture(root) {
  const frame = root.getBoundingClientRect();
  const width = Math.ceil(root.scrollWidth);
  const height = Math.ceil(root.scrollHeight);
  const parts = [];
  const place = (box) => [round(box.x - frame.x + root.scrollLeft), round(box.y - frame.y + root.scrollTop), round(box.width), round(box.height)];
  const draw = (element, faded) => {
    const style = getComputedStyle(element);
    if (style.display === 'none' || style.visibility === 'hidden' || element.classList.contains('visually-hidden')) return;
    const box = element.getBoundingClientRect();
    if (!box.width || !box.height) return;
    const opacity = faded * Number(style.opacity);
    const fade = opacity < 1 ? ` opacity="${round(opacity)}"` : '';
    const [x, y, w, h] = place(box);
    const border = parseFloat(style.borderTopWidth);
    const line = border && shows(style.borderTopColor) ? ` stroke="${style.borderTopColor}" stroke-width="${border}"${style.borderTopStyle === 'dashed' ? ' stroke-dasharray="4 3"' : ''}` : '';
    const radius = Math.min(parseFloat(style.borderTopLeftRadius) || 0, w / 2, h / 2);
    if (shows(style.backgroundColor) || line) {
      parts.push(`<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="${radius}" fill="${shows(style.backgroundColor) ? style.backgroundColor : 'none'}"${line}${fade}/>`);
    }
    const edge = parseFloat(style.borderLeftWidth);
    if (edge > border + 1) parts.push(`<rect x="${x}" y="${round(y + radius / 2)}" width="${edge}" height="${round(h - radius)}" rx="${edge / 2}" fill="${style.borderLeftColor}"${fade}/>`);
    if (element.namespaceURI === SVG) {
      const copy = element.cloneNode(true);
      for (const [name, value] of Object.entries({ x, y, width: w, height: h, color: style.color })) copy.setAttribute(name, value);
      copy.setAttribute('xmlns', SVG);
      parts.push(new XMLSerializer().serializeToString(copy));
      return;
    }
    for (const child of element.childNodes) {
      if (child.nodeType === Node.ELEMENT_NODE) draw(child, opacity);
      else if (child.nodeType === Node.TEXT_NODE && child.data.trim()) write(child, style, box, fade);
    }
  };
  const write = (node, style, within, fade) => {
    const range = document.createRange();
    const size = parseFloat(style.fontSize);
    // One piece per line that the text was broken into.
    let from = 0;
    const { data } = node;
    while (from < data.length) {
      range.setStart(node, from);
      range.setEnd(node, from + 1);
      const start = range.getBoundingClientRect();
      let to = from + 1;
      let end = start;
      while (to < data.length) {
        range.setEnd(node, to + 1);
        const box = range.getBoundingClientRect();
        if (box.height > start.height * 1.6) break;
        end = box;
        to += 1;
      }
      let words = data.slice(from, to);
      from = to;
      const room = within.right - start.left;
      if (style.overflow !== 'visible' && end.width > room + 1) words = `${words.slice(0, Math.max(1, Math.floor((words.length * room) / end.width) - 1))}…`;
      if (!words.trim()) continue;
      const [x, y, , h] = place(start);
      const baseline = round(y + h / 2 + size * 0.35);
      parts.push(`<text x="${x}" y="${baseline}" font-size="${size}" font-weight="${style.fontWeight}" font-family="${escape(style.fontFamily)}" fill="${style.color}"${fade}>${escape(words.replace(/\s+/g, ' '))}</text>`);
    }
  };
  draw(root, 1);
  const ground = getComputedStyle(document.documentElement).getPropertyValue('--surface').trim() || '#fff';
  return `<svg xmlns="${SVG}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><rect width="100%" height="100%" fill="${ground}"/>${parts.join('')}</svg>`;
}

/** A drawing as a PNG, twice as fine. */
export async function png(svg) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.width * 2;
  canvas.height = image.height * 2;
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}
