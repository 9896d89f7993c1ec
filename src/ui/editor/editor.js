// The editor: CodeMirror 6 with YAML; diagnostics, completion and hover come from Podyard; Esc, then Tab is the way out.
import { autocompletion, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, bracketMatching, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorSelection, EditorState } from '@codemirror/state';
import { EditorView, drawSelection, highlightActiveLine, hoverTooltip, keymap, lineNumbers, tooltips } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--syntax-key)' },
  { tag: [tags.string, tags.content], color: 'var(--syntax-text)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--syntax-number)' },
  { tag: tags.comment, color: 'var(--syntax-comment)', fontStyle: 'italic' },
  { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace], color: 'var(--syntax-mark)' },
]);

const look = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'transparent', color: 'var(--ink)', fontSize: 'var(--type-code)' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--ink-faint)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--raised)' },
  '.cm-content': { caretColor: 'var(--accent)' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-2px' },
  '.cm-tooltip': { backgroundColor: 'var(--raised)', color: 'var(--ink)', border: '1px solid var(--line)', borderRadius: '8px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--accent)', color: 'var(--on-accent)' },
  '.cm-completionDetail': { opacity: '0.75' },
  '.cm-diagnostic': { whiteSpace: 'pre-wrap', padding: '6px 10px', maxWidth: '60ch' },
  '.cm-diagnosticAction': { backgroundColor: 'var(--accent)', color: 'var(--on-accent)', borderRadius: '6px', padding: '3px 9px' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--selection) !important' },
});

/** Enter: as deep as the line it leaves; behind a key without a value, deeper; below an item, under its text. */
function deeper(view) {
  const { state } = view;
  view.dispatch(state.changeByRange((range) => {
    const line = state.doc.lineAt(range.from);
    const before = line.text.slice(0, range.from - line.from);
    const [lead] = /^ *(- +)*/.exec(before);
    const opens = /:\s*(#.*)?$/.test(before) || /: *[|>][+-]?\s*$/.test(before);
    const bare = before.trim() === '' || /^ *-+ *$/.test(before);
    const depth = (bare ? /^ */.exec(before)[0] : lead).length + (opens ? 2 : 0);
    const insert = `\n${' '.repeat(depth)}`;
    const head = range.from + insert.length;
    return { changes: { from: range.from, to: range.to, insert }, range: EditorSelection.cursor(head) };
  }), { scrollIntoView: true, userEvent: 'input' });
  return true;
}

/** How long after the last key a line counts as unfinished. */
const UNFINISHED_MILLIS = 1200;
/** How long after the last key the text is checked. */
const CHECK_MILLIS = 250;
/** How long the cursor rests before what its field governs lights up. */
const REST_MILLIS = 120;
/** How long after Escape Tab leaves the editor. */
const LEAVING_MILLIS = 2000;

/** A line on which nothing is missing so far: a key with its value, an item, a comment, nothing. */
const WHOLE_LINE = /^\s*(#.*|---.*|- \S.*|(- )?[^\s:]+:( .*)?|)$/;

export function create(parent, label, hooks) {
  const named = new Compartment();
  const files = new Map(); // name → { state, synced }
  let name = '';
  let marks = [];
  let typed = 0;
  let checking;
  let pausing;
  let resting;
  let told = '';

  const flush = () => {
    clearTimeout(checking);
    const file = files.get(name);
    const text = view.state.doc.toString();
    if (!file || file.synced === text) return;
    file.synced = text;
    hooks.change(name, text);
  };
  const typing = () => performance.now() - typed < UNFINISHED_MILLIS;

  const complete = (context) => {
    const word = context.matchBefore(/[\w./-]*/);
    if (!context.explicit && (!word || word.from === word.to)) return null;
    const found = hooks.complete(context.state.doc.toString(), context.pos);
    if (!found.length) return null;
    return {
      from: found[0].from,
      to: found[0].to,
      options: found.map((one, place) => ({
        label: one.label,
        detail: one.detail + (one.required ? ' *' : ''),
        apply: one.insert,
        boost: -place,
        info: one.docs || undefined,
      })),
      validFor: /^[\w./-]*$/,
    };
  };
  const explain = hoverTooltip((target, at) => {
    const found = hooks.hover(target.state.doc.toString(), at);
    if (!found || at > found.to) return null;
    return { pos: found.from, end: found.to, above: true, create: () => ({ dom: card(found) }) };
  });

  const extensions = [
    lineNumbers(),
    history(),
    drawSelection(),
    bracketMatching(),
    highlightActiveLine(),
    yaml(),
    indentUnit.of('  '),
    autocompletion({ override: [complete], icons: false }),
    explain,
    tooltips({ position: 'fixed' }),
    lintGutter(),
    syntaxHighlighting(colours),
    look,
    EditorView.lineWrapping,
    named.of(EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' })),
    keymap.of([
      { key: 'Mod-Enter', run: () => { flush(); hooks.apply(); return true; } },
      ...completionKeymap,
      { key: 'Enter', run: deeper },
      ...defaultKeymap, ...historyKeymap, ...lintKeymap, indentWithTab,
    ]),
    EditorView.updateListener.of((update) => {
      if (update.docChanged && files.get(name)?.synced !== update.state.doc.toString()) {
        typed = performance.now();
        clearTimeout(checking);
        checking = setTimeout(flush, CHECK_MILLIS);
      } else if (update.selectionSet) show();
      if (update.docChanged || update.selectionSet) {
        clearTimeout(resting);
        resting = setTimeout(() => hooks.cursor(view.state.doc.toString(), view.state.selection.main.head), REST_MILLIS);
      }
    }),
    EditorView.domEventHandlers({
      keydown(event) {
        if (event.key !== 'Escape') return false;
        parent.dataset.leaving = '';
        setTimeout(() => delete parent.dataset.leaving, LEAVING_MILLIS);
        hooks.leaving();
        return false;
      },
    }),
  ];
  const fresh = (text) => EditorState.create({ doc: text, extensions });
  const view = new EditorView({ parent, state: fresh('') });
  view.contentDOM.addEventListener('blur', () => { flush(); typed = 0; show(); });

  /** Shows the marks; those on a line that is still being written wait, and all wait while that line makes no sense. */
  function show() {
    clearTimeout(pausing);
    const { doc, selection } = view.state;
    const line = doc.lineAt(selection.main.head);
    let shown = marks;
    if (typing()) {
      shown = WHOLE_LINE.test(line.text) ? marks.filter((one) => one.to < line.from || one.from > line.to) : [];
      pausing = setTimeout(show, UNFINISHED_MILLIS);
    }
    const places = shown.map((one) => marks.indexOf(one));
    if (told !== `${places}`) {
      told = `${places}`;
      hooks.shown(places);
    }
    const clamp = (at) => Math.max(0, Math.min(at, doc.length));
    view.dispatch(setDiagnostics(view.state, shown.map((one) => ({
      from: clamp(one.from),
      to: clamp(Math.max(one.to, one.from)),
      severity: one.severity,
      message: one.message,
      actions: one.fix ? [{
        name: one.fix.title,
        apply: (target) => {
          target.dispatch({
            changes: one.fix.changes.map((edit) => ({ from: clamp(edit.from), to: clamp(edit.to), insert: edit.insert })),
          });
          typed = 0;
          flush();
        },
      }] : [],
    }))));
  }

  return {
    /** Shows a file. What is being typed stays unless somebody else has changed the file. */
    open(next, text) {
      if (next !== name) {
        flush();
        if (files.has(name)) files.get(name).state = view.state;
        name = next;
        marks = [];
        const known = files.get(name);
        if (!known) files.set(name, { synced: text });
        view.setState(known?.state ?? fresh(text));
      }
      const file = files.get(name);
      if (text !== file.synced) {
        file.synced = text;
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
      }
    },
    drop(gone) {
      files.delete(gone);
      if (gone === name) name = '';
    },
    setDiagnostics(of, list) {
      if (of !== name) return;
      marks = list;
      told = undefined;
      show();
    },
    revealLine(line, column) {
      const row = view.state.doc.line(Math.max(1, Math.min(line, view.state.doc.lines)));
      const at = Math.min(row.from + column - 1, row.to);
      view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) });
      view.focus();
    },
    setLabel(next) {
      view.dispatch({ effects: named.reconfigure(EditorView.contentAttributes.of({ 'aria-label': next, tabindex: '0' })) });
    },
    /** What was typed reaches the workspace; whoever asks for it has stopped writing. */
    flush() {
      typed = 0;
      flush();
      show();
    },
    /** Puts the cursor at a place. */
    reveal(from, to) {
      const clamp = (at) => Math.max(0, Math.min(at, view.state.doc.length));
      view.dispatch({ selection: { anchor: clamp(from), head: clamp(to) }, scrollIntoView: true });
      view.focus();
    },
    /** Makes the edits of a fix. */
    mend(changes) {
      view.dispatch({ changes });
      typed = 0;
      flush();
    },
  };
}

/** What a field is for. */
function card(found) {
  const element = document.createElement('div');
  element.className = 'field-card';
  const add = (tag, text, className) => {
    const part = document.createElement(tag);
    part.textContent = text;
    part.className = className;
    element.append(part);
  };
  add('code', `${found.path} <${found.type}>${found.required ? ' *' : ''}`, 'field-card__path');
  if (found.values.length) add('p', found.values.join(' · '), 'field-card__values');
  if (found.docs) add('p', found.docs, 'field-card__docs');
  return element;
}
