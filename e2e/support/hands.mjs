// What a person's hands do.

/** Types a command into the terminal. */
export async function type(page, command) {
  await page.locator('#command').fill(command);
  await page.locator('#command').press('Enter');
}

/** Replaces what the editor holds, as a paste would. */
export async function paste(page, text) {
  await page.locator('[data-ready] .cm-content').click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(text);
}

/** Inserts an example and applies it. */
export async function example(page, label) {
  await page.locator('[data-ready] .cm-content').waitFor();
  await page.locator('#examples').selectOption({ label });
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
}
