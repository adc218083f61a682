import { EventEmitter, once } from 'node:events';
import { rename, rm, symlink, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { changesBetween } from '#tacet/access/changes.js';
import { type FollowedAccess, followAccess } from '#tacet/access/followed-access.js';
import { type AccessJson, accessFile, accessJson, sha256Of } from './file/fixture.ts';

const textOf = (change?: (json: AccessJson) => void): string => JSON.stringify(accessJson(change));
const REVOKED = textOf(({ clients }) => Object.assign(clients['dialler-a'] ?? {}, { tokens: [] }));

let followed: FollowedAccess;
afterEach(() => followed.stop());

/** Follows a file; each event is an array of what was told. */
async function follow(path: string, pollMs = 3_600_000) {
  const events = new EventEmitter();
  const told: unknown[] = [];
  followed = await followAccess(path, {
    ...{ pollMs, bytesMax: 100_000 },
    onChange(before, after) {
      told.push(changesBetween(before, after));
      events.emit('change', before, after);
    },
    onRefused(error) {
      told.push(error.message);
      events.emit('refused', error);
    },
  });
  followed.start();
  return { events, told };
}

async function replace(path: string, content: string): Promise<void> {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}

describe('a file that is followed', () => {
  it('is taken over as it changes, and who was in it goes', async () => {
    const path = await accessFile(textOf());
    const { events } = await follow(path, 10);
    const first = followed.current;
    const changed = once(events, 'change');
    await replace(path, REVOKED);
    expect(await changed).toEqual([first, followed.current]);
    expect(followed.current.digest).toBe(sha256Of(REVOKED));
  });

  it('is refused with a fault, told once, and the one before goes on', async () => {
    const path = await accessFile(textOf());
    const { events, told } = await follow(path, 10);
    const first = followed.current;
    const refused = once(events, 'refused');
    await replace(path, '{"parties": ');
    await refused;
    expect(await followed.look()).toBe('refused');
    expect(followed.current).toBe(first);
    expect(followed.refusal?.message).toContain('line 1, column 13: not JSON');
    expect(told).toHaveLength(1);
    await replace(path, textOf());
    expect(await followed.look()).toBe('unchanged');
    expect(followed.refusal).toBe(undefined);
    expect(followed.current).toBe(first);
  });

  it('is looked at on demand; the same content is no change, also in another file', async () => {
    const path = await accessFile(textOf());
    const { told } = await follow(path);
    expect(await followed.look()).toBe('unchanged');
    await replace(path, textOf());
    expect(await followed.look()).toBe('unchanged');
    await writeFile(path, REVOKED);
    expect(await Promise.all([followed.look(), followed.look()])).toEqual(['swapped', 'unchanged']);
    expect(told).toHaveLength(1);
  });

  it('may vanish for a while, or be a link that moves', async () => {
    const path = await accessFile(textOf());
    const { told } = await follow(path);
    await rm(path);
    expect(await followed.look()).toBe('refused');
    expect(told).toEqual([expect.stringContaining('cannot read: no such file or directory')]);
    await symlink(await accessFile(REVOKED), path);
    expect(await followed.look()).toBe('swapped');
    expect(followed.refusal).toBe(undefined);
  });

  it('is changed no more once it is let go', async () => {
    const path = await accessFile(textOf());
    const { told } = await follow(path);
    followed.stop();
    await replace(path, REVOKED);
    expect(await followed.look()).toBe('unchanged');
    expect(told).toEqual([]);
  });
});

describe('the line for the log', () => {
  it('names who came, went and changed, and shows no token and no certificate', async () => {
    const path = await accessFile(textOf());
    const { told } = await follow(path);
    const next = textOf(({ parties, clients }) => {
      delete parties['bolt'];
      parties['zink'] = { kind: 'advertiser' };
      Object.assign(parties['acme'] ?? {}, { workers: 251 });
      delete clients['ring-all'];
      clients['ring-some'] = { party: 'ring', for: ['zink'], allow: ['check'] };
      const tokens = [{ sha256: sha256Of('new'), expires: '2027-12-31' }];
      Object.assign(clients['dialler-a'] ?? {}, { tokens, certificates: ['dns:secret.example'] });
    });
    await replace(path, next);
    await followed.look();
    expect(told).toEqual([
      {
        parties: { added: ['zink'], removed: ['bolt'], changed: ['acme'] },
        clients: { added: ['ring-some'], removed: ['ring-all'], changed: ['dialler-a'] },
        ...{ before: sha256Of(textOf()), after: sha256Of(next) },
      },
    ]);
  });

  it('does not call a client changed whose party was, nor one whose keys were moved', async () => {
    const path = await accessFile(textOf());
    const { told } = await follow(path);
    await replace(
      path,
      textOf(({ parties, clients }) => {
        Object.assign(parties['acme'] ?? {}, { name: 'ACME SA' });
        Object.assign(clients['dialler-a'] ?? {}, {
          allow: ['lists', 'dedupe', 'check', 'batch-check'],
        });
      }),
    );
    await followed.look();
    const none = { added: [], removed: [], changed: [] };
    expect(told).toMatchObject([{ parties: { ...none, changed: ['acme'] }, clients: none }]);
  });

  it('tells fifty names of each kind at most', async () => {
    const path = await accessFile(textOf());
    const { told } = await follow(path);
    const many = textOf(({ parties }) => {
      for (let i = 0; i < 60; i++) parties[`p${i}`] = { kind: 'advertiser' };
    });
    await replace(path, many);
    await followed.look();
    const added = (told as { parties: { added: string[] } }[])[0]?.parties.added;
    expect(added).toHaveLength(51);
    expect(added?.at(-1)).toBe('and 10 more');
  });
});
