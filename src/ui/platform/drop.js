// Files that are dropped on the page. One whose place the browser tells is read again when somebody comes back from
// changing it: nothing is polled.

let watched;

export function onDrop(callback) {
  const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes('Files');
  document.addEventListener('dragover', (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    document.documentElement.dataset.dropping = 'true';
  });
  const over = () => delete document.documentElement.dataset.dropping;
  document.addEventListener('dragleave', (event) => { if (!event.relatedTarget) over(); });
  document.addEventListener('drop', async (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    // Before the editor, which would take the file's text in.
    event.stopPropagation();
    over();
    const [item] = event.dataTransfer.items;
    const [file] = event.dataTransfer.files;
    const handle = item?.getAsFileSystemHandle?.();
    if (!file) return;
    callback(file.name, await file.text(), false);
    const place = await handle?.catch(() => undefined);
    watched = place?.kind === 'file' ? { place, at: file.lastModified } : undefined;
  }, true);
  window.addEventListener('focus', async () => {
    const own = watched;
    const file = await own?.place.getFile().catch(() => undefined);
    if (!file || file.lastModified === own.at) return;
    own.at = file.lastModified;
    callback(file.name, await file.text(), true);
  });
}

/** Marks the tiles of these objects. */
export function markTiles(uids) {
  for (const tile of document.querySelectorAll('[data-marked]')) delete tile.dataset.marked;
  for (const uid of uids) {
    for (const tile of document.querySelectorAll(`[data-uid="${uid}"]`)) tile.dataset.marked = 'true';
  }
}
