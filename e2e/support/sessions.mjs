// Sessions that keep a cluster busy, and how a page opens one: it is replayed as fast as it goes.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const START = '2026-01-01T00:00:00Z';

/** A session file in which objects are created at the start, and so many seconds pass. */
export function session(workers, seconds, ...objects) {
  return {
    podyard: 1, seed: '1', start: Date.parse(START), workers, systemPods: false, files: {},
    delays: { sandbox: [400, 700], start: [150, 300], pull: 800, megabytesPerSecond: 150, boot: 3000 },
    inputs: objects.map((object) => ({ at: 0, create: { kind: object.kind, namespace: 'default', object } })),
    until: seconds * 1000,
  };
}

const container = { name: 'c', image: 'luksa/kubia' };
const labels = (name) => ({ metadata: { labels: { app: name } } });

export function replicationController(name, replicas) {
  return {
    apiVersion: 'v1', kind: 'ReplicationController', metadata: { name },
    spec: { replicas, selector: { app: name }, template: { ...labels(name), spec: { containers: [container] } } },
  };
}

export function daemonSet(name) {
  return {
    apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name },
    spec: { selector: { matchLabels: { app: name } }, template: { ...labels(name), spec: { containers: [container] } } },
  };
}

const once = (...args) => ({ spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox', args }] } });

export const MINUTELY = {
  apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'tick' },
  spec: { schedule: '* * * * *', jobTemplate: { spec: { template: once('date') } } },
};

export function job(name, completions, parallelism) {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { completions, parallelism, template: once('sleep', '3') } };
}

/**
 * Opens a session in a page that is paused, and waits until it has come to its end. `during` is given what lies between
 * the choice of the file and that: the sheet that offers the choice is no part of it.
 */
export async function replay(page, folder, content, during = (act) => act()) {
  const file = join(folder, 'session.json');
  await writeFile(file, JSON.stringify(content));
  await page.locator('#share').click();
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.locator('#import').click()]);
  const end = new Date(Date.parse(START) + content.until).toISOString().slice(11, 19);
  return during(async () => {
    await chooser.setFiles(file);
    await page.locator('#clock').filter({ hasText: end }).first().waitFor();
  });
}
