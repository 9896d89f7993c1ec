// <podyard-lab>: a living cluster in somebody's page, with one script tag.
//
//   <script src="https://…/embed.js" async></script>
//   <podyard-lab panels="yard,terminal" speed="10"><pre>
//   apiVersion: batch/v1
//   …
//   </pre></podyard-lab>
//
// Without JavaScript the manifest stays a text of the page. With it, an <iframe> takes the same place in the reading
// order. docs/embedding.md is the contract. Everything here works under a strict Content-Security-Policy of the page:
// no inline style or script is written, styles come as a constructed sheet.
(() => {
  const VERSION = 1;
  const script = document.currentScript ?? document.querySelector('script[src*="embed.js"]');
  if (!script || customElements.get('podyard-lab')) return;
  const base = new URL('.', script.src);

  /** Attributes that are parameters of the address. */
  const PARAMETERS = ['lesson', 'step', 'panels', 'theme', 'speed', 'autoplay', 'seed', 'nodes', 'start', 'controls', 'loop', 'apply'];
  const WORDS = {
    en: { title: 'Podyard: a Kubernetes cluster to try out', start: 'Start the cluster' },
    ko: { title: 'Podyard: 직접 해 보는 쿠버네티스 클러스터', start: '클러스터 시작하기' },
  };
  const SHEET = `
    :host { display: block; margin-block: 1em; }
    :host([hidden]) { display: none; }
    iframe { display: block; width: 100%; height: 320px; border: 1px solid #8886; border-radius: 12px; background: transparent; color-scheme: normal; }
    button { display: grid; place-items: center; gap: 12px; width: 100%; min-height: 220px; padding: 16px; border: 1px solid #8886; border-radius: 12px; background: #eef1f6; color: #172033; font: 600 16px system-ui, sans-serif; cursor: pointer; }
    button:focus-visible { outline: 3px solid #2f5fe0; outline-offset: 2px; }
    button span { padding: 8px 20px; border-radius: 99px; background: #2f5fe0; color: #fff; }
    svg { width: min(320px, 80%); height: auto; }
    ::slotted([slot=poster]) { max-width: 100%; height: auto; }
    @media (prefers-color-scheme: dark) { button { background: #151c2e; color: #e8edf7; } button span { background: #7ea2ff; color: #0d1220; } }
  `;

  /** Takes off the margin that a text has because its page is indented, and blank lines around it. */
  function dedent(text) {
    const lines = text.replace(/\r\n?/g, '\n').replace(/^(?:[ \t]*\n)+/, '').replace(/\s+$/, '').split('\n');
    const margins = lines.filter((line) => line.trim()).map((line) => line.match(/^ */)[0].length);
    const margin = Math.min(...margins);
    return `${lines.map((line) => line.slice(margin)).join('\n')}\n`;
  }

  /** Three nodes with pods: what stands there until somebody asks for more. */
  function picture() {
    const draw = (name, attributes, ...children) => {
      const element = document.createElementNS('http://www.w3.org/2000/svg', name);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      element.append(...children);
      return element;
    };
    const nodes = [0, 1, 2].flatMap((node) => [
      draw('rect', { x: node * 80 + 2, y: 2, width: 72, height: 66, rx: 8, fill: 'none', stroke: 'currentColor', 'stroke-opacity': 0.35 }),
      ...[0, 1, 2, 3].slice(node).map((pod) => draw('rect', { x: node * 80 + 10 + (pod % 2) * 30, y: 12 + Math.floor(pod / 2) * 26, width: 26, height: 20, rx: 5, fill: pod === 3 ? '#d9a520' : '#2f9e62' })),
    ]);
    return draw('svg', { viewBox: '0 0 236 70', 'aria-hidden': 'true' }, ...nodes);
  }

  let sheet;
  function styles() {
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(SHEET);
    }
    return sheet;
  }

  class PodyardLab extends HTMLElement {
    #frame;
    #ready;
    #open;
    #waiting = new Map();
    #asked = 0;
    #hear = (event) => this.#take(event);

    connectedCallback() {
      window.addEventListener('message', this.#hear);
      if (this.#frame || this.shadowRoot) return;
      // The text within may still be on its way.
      if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', () => this.#begin(), { once: true });
      else this.#begin();
    }

    disconnectedCallback() {
      window.removeEventListener('message', this.#hear);
    }

    get #words() { return WORDS[this.#language.slice(0, 2)] ?? WORDS.en; }
    get #language() { return (this.closest('[lang]')?.lang || 'en').toLowerCase(); }

    #begin() {
      if (this.shadowRoot || !this.isConnected) return;
      this.#ready = new Promise((resolve) => { this.#open = resolve; });
      const root = this.attachShadow({ mode: 'open' });
      root.adoptedStyleSheets = [styles()];
      const panels = (this.getAttribute('panels') ?? '').split(/[\s,]+/).filter(Boolean);
      const source = this.getAttribute('source') ?? (panels.length && !panels.includes('editor') ? 'shown' : 'hidden');
      if (source === 'shown') root.append(document.createElement('slot'));
      if (this.getAttribute('reveal') === 'click') this.#poster(root);
      else this.#load(root);
    }

    /** Nothing is fetched until somebody clicks. */
    #poster(root) {
      const button = document.createElement('button');
      button.type = 'button';
      const slot = document.createElement('slot');
      slot.name = 'poster';
      slot.append(picture());
      const label = document.createElement('span');
      label.textContent = this.#words.start;
      button.append(slot, label);
      button.addEventListener('click', () => {
        this.#load(root, button);
        // The button had the focus and goes: its place takes it.
        this.#frame.focus();
      });
      root.append(button);
    }

    #load(root, instead) {
      const frame = document.createElement('iframe');
      frame.title = this.getAttribute('aria-label') ?? this.title ?? '';
      frame.title ||= this.#words.title;
      frame.loading = 'lazy';
      frame.referrerPolicy = 'no-referrer';
      frame.allow = 'clipboard-write; fullscreen';
      // What comes from elsewhere may not leave its frame; of one's own origin a sandbox would hold nothing.
      if (base.origin !== location.origin) frame.setAttribute('sandbox', 'allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-downloads');
      const height = Number(this.getAttribute('height'));
      if (height > 0) frame.style.height = `${height}px`;
      frame.src = this.address();
      this.#frame = frame;
      if (instead) instead.replaceWith(frame);
      else root.append(frame);
    }

    /** The address of the iframe. */
    address() {
      const address = new URL(base);
      address.searchParams.set('v', VERSION);
      address.searchParams.set('embed', '');
      if (location.origin !== 'null') address.searchParams.set('host', location.origin);
      const language = this.closest('[lang]')?.lang;
      if (language) address.searchParams.set('lang', language);
      for (const name of PARAMETERS) {
        if (this.hasAttribute(name)) address.searchParams.set(name, this.getAttribute(name));
      }
      const session = this.getAttribute('session');
      if (session) {
        address.hash = `s1=${session.replace(/^.*#?s1=/, '')}`;
        return address.href;
      }
      const brought = new URLSearchParams();
      for (const [name, text] of this.#files()) brought.append(name === 'lab.yaml' ? 'yaml' : `file.${name}`, text);
      for (const part of this.querySelectorAll('[data-run]')) brought.append('run', dedent(part.textContent).trim());
      if (this.hasAttribute('run')) brought.append('run', this.getAttribute('run'));
      address.hash = brought.toString().replaceAll('+', '%20');
      return address.href;
    }

    /** The manifests within: elements with `data-file`, or all of the text as one file. */
    #files() {
      const named = [...this.querySelectorAll('[data-file]')];
      const text = (element) => dedent(element.localName === 'template' ? element.content.textContent : element.textContent);
      if (named.length) return named.map((element) => [element.dataset.file, text(element)]);
      const rest = this.cloneNode(true);
      for (const other of rest.querySelectorAll('[slot], [data-run]')) other.remove();
      return rest.textContent.trim() ? [['lab.yaml', text(rest)]] : [];
    }

    #take({ source, origin, data }) {
      if (!this.#frame || source !== this.#frame.contentWindow || origin !== base.origin) return;
      if (data?.podyard !== VERSION || typeof data.type !== 'string') return;
      const { podyard, type, ...detail } = data;
      if (type === 'height') {
        if (!(Number(this.getAttribute('height')) > 0) && data.height > 0) this.#frame.style.height = `${Math.min(data.height, 4000) + 2}px`;
        return;
      }
      if (type === 'ready') this.#open();
      const waiting = this.#waiting.get(data.id);
      if (waiting && (type === 'result' || type === 'error')) {
        this.#waiting.delete(data.id);
        if (type === 'error') waiting.reject(new Error(data.message));
        else waiting.resolve(detail);
      }
      this.dispatchEvent(new CustomEvent(`podyard-${type}`, { detail, bubbles: true }));
    }

    /** Sends an order once the page within is there. */
    async #send(type, content = {}) {
      await this.#ready;
      this.#frame.contentWindow.postMessage({ podyard: VERSION, type, ...content }, base.origin);
    }

    #ask(type, content) {
      const id = `${this.#asked += 1}`;
      return new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        this.#send(type, { ...content, id });
      });
    }

    /** Runs lines in the terminal; what it printed and its exit status. */
    run(commands) { return this.#ask('run', { commands }); }
    /** Applies a manifest. */
    apply(yaml, file) { return this.#ask('apply', file ? { yaml, file } : { yaml }); }
    /** Back to how it began. */
    reset() { return this.#ask('reset'); }
    /** To a moment: seconds after the start, `5m`, or a time. */
    seek(to) { return this.#ask('seek', { to }); }
    play() { return this.#send('play'); }
    pause() { return this.#send('pause'); }
    speed(factor) { return this.#send('speed', { factor }); }
    /** Asks for a `podyard-state` event. */
    state() { return this.#send('state'); }
  }

  customElements.define('podyard-lab', PodyardLab);
})();
