// The terminal's line and screen: where the cursor is, what was clicked, and the explanations of words.

const line = () => document.getElementById('command');

/** Start and end of what is selected on the line, in UTF-16 units. */
export function caret() {
  const field = line();
  return field ? [field.selectionStart, field.selectionEnd] : [0, 0];
}

export function placeCaret(at) {
  const field = line();
  if (!field) return;
  field.setSelectionRange(at, at);
  field.scrollTop = field.scrollHeight;
}

/** Whether text is selected that Ctrl-C should copy. */
export function selecting() {
  const field = line();
  if (field && document.activeElement === field && field.selectionStart !== field.selectionEnd) return true;
  return !getSelection()?.isCollapsed;
}

export function pastedText(event) { return event.clipboardData?.getData('text/plain') ?? ''; }

/** What the clicked part stands for: `data-mark`, or nothing. A click that selected text is none. */
export function markOf(event) {
  if (!getSelection()?.isCollapsed) return '';
  return event.target?.closest?.('[data-mark]')?.dataset.mark ?? '';
}

/** A click into the empty screen goes to the line; one that selects text stays. */
export function wantsLine(event) {
  return getSelection()?.isCollapsed && !event.target?.closest?.('[data-mark], [data-word], button, a');
}

/** Keeps the end in sight while the reader is there; who scrolled up stays. */
export function follow(id) {
  const screen = document.getElementById(id);
  if (!screen) return;
  if (!screen.dataset.follows) {
    screen.dataset.follows = 'yes';
    screen.addEventListener('scroll', () => {
      const away = screen.scrollHeight - screen.scrollTop - screen.clientHeight;
      screen.dataset.follows = away < 40 ? 'yes' : 'no';
    }, { passive: true });
  }
  if (screen.dataset.follows === 'yes') screen.scrollTop = screen.scrollHeight;
}

export function toEnd(id) {
  const screen = document.getElementById(id);
  if (screen) { screen.dataset.follows = 'yes'; screen.scrollTop = screen.scrollHeight; }
}

let saying;
/** Readers hear one sentence, not every row again. */
export function sayInTerminal(text) {
  clearTimeout(saying);
  saying = setTimeout(() => {
    const live = document.getElementById('terminal-live');
    if (live) live.textContent = text;
  }, 300);
}

/** Scrolls the chosen candidate into its list. */
export function showChosen() {
  document.querySelector('.terminal__offer [aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
}

/** Words are explained when they are pointed at, tapped or reached with the arrows; Escape takes the card away. */
export function explainWords(screenId, cardId, words) {
  const screen = document.getElementById(screenId);
  const card = document.getElementById(cardId);
  if (!screen || !card || screen.dataset.explains) return;
  screen.dataset.explains = 'true';
  let shown;
  let leaving;
  const hide = () => { card.hidden = true; shown?.removeAttribute('aria-describedby'); shown = undefined; };
  const show = (part) => {
    clearTimeout(leaving);
    const text = words(part.dataset.word);
    // The language may be another one by now.
    if (shown === part && card.textContent === text) return;
    hide();
    if (!text) return;
    shown = part;
    card.textContent = text;
    card.hidden = false;
    part.setAttribute('aria-describedby', cardId);
    const area = card.offsetParent.getBoundingClientRect();
    const box = part.getBoundingClientRect();
    const left = Math.max(8, Math.min(box.left - area.left, area.width - card.offsetWidth - 8));
    const above = box.top - area.top - card.offsetHeight - 6;
    card.style.left = `${left}px`;
    card.style.top = `${above < 4 ? box.bottom - area.top + 6 : above}px`;
  };
  const soon = () => { leaving = setTimeout(hide, 150); };
  screen.addEventListener('pointerover', (event) => {
    const part = event.target.closest('[data-word]');
    if (part) show(part); else if (shown && shown !== document.activeElement) soon();
  });
  screen.addEventListener('pointerleave', () => { if (shown !== document.activeElement) soon(); });
  card.addEventListener('pointerenter', () => clearTimeout(leaving));
  card.addEventListener('pointerleave', soon);
  screen.addEventListener('focusin', (event) => {
    const part = event.target.closest('[data-word]');
    if (part) show(part); else hide();
  });
  screen.addEventListener('focusout', soon);
  screen.addEventListener('scroll', hide, { passive: true });
  screen.addEventListener('click', (event) => {
    const part = event.target.closest('[data-word]');
    if (part && getSelection()?.isCollapsed) show(part);
  });
  screen.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const parts = [...screen.querySelectorAll('[data-mark], [data-word], button')];
    const at = parts.indexOf(document.activeElement);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) {
      const next = at < 0 ? parts.at(-1) : parts[at + step];
      if (next) { next.focus(); next.scrollIntoView({ block: 'nearest' }); }
      event.preventDefault();
    } else if (event.key === 'Enter' && at >= 0 && document.activeElement.dataset.mark) {
      document.activeElement.click();
      event.preventDefault();
    } else if (event.key === 'Escape') {
      if (shown) event.stopPropagation();
      hide();
      screen.focus();
    }
  });
}
