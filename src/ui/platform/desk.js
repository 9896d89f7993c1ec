// What a field governs lights up: one rule of a style sheet of its own, so that no tile is drawn again for it.
let sheet;

export function govern(pods, nodes) {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }
  const chosen = [
    ...pods.map((uid) => `[data-uid="${CSS.escape(uid)}"]`),
    ...nodes.map((name) => `#${CSS.escape(`node-${name}`)}`),
  ];
  sheet.replaceSync(chosen.length ? `${chosen.join(',')}{outline:2px dashed var(--governed);outline-offset:2px}` : '');
}
