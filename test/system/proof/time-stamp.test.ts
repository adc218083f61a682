import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ledger } from '#tacet/proof/ledger/ledger.js';
import { isForTimeStamps } from '#tacet/proof/verify/certificate.js';
import { readCertificates, verifyTimeStamp } from '#tacet/proof/verify/time-stamp.js';
import { tacet } from '../../cli/commands.ts';
import { dedupeLeaf } from '../../proof/leaves.ts';
import { newFolder, newLedger } from '../../proof/new-ledger.ts';
import { type KeyKind, TimeAuthority } from './time-authority.ts';

let ledger: Ledger;
let head: string;
let receipt: string;
const folder = newFolder();
const file = (name: string, content: string | Buffer): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

beforeAll(async () => {
  ledger = await newLedger();
  await ledger.append(dedupeLeaf());
  head = await ledger.keepHead();
  receipt = await ledger.receipt(1);
});
afterAll(() => ledger.close());

const trustedOf = (authority: TimeAuthority) =>
  readCertificates(readFileSync(authority.root, 'utf8'), 'ca');

describe.each(['rsa', 'ec'] as const)('an authority with a key of kind %s', (kind: KeyKind) => {
  it('stamps a head; Tacet and openssl verify it', () => {
    const authority = new TimeAuthority(newFolder(), kind);
    const before = Date.now();
    const response = authority.stamp(head);
    expect(authority.verifies(head, response)).toBe(true);
    const text = readFileSync(head, 'utf8');
    const stamp = verifyTimeStamp(readFileSync(response), [text], trustedOf(authority));
    expect(stamp.authority).toBe('O=Time Authority, CN=signer');
    expect(Math.abs(stamp.unixMs - before)).toBeLessThan(60_000);
  });
});

describe('a time stamp', () => {
  it('is refused with any byte changed of digest, time, certificate or signature', () => {
    const authority = new TimeAuthority(newFolder());
    const bytes = readFileSync(authority.stamp(head));
    const text = readFileSync(head, 'utf8');
    const trusted = trustedOf(authority);
    const { unixMs } = verifyTimeStamp(bytes, [text], trusted);
    const digest = createHash('sha256').update(text).digest();
    const time = `${new Date(unixMs).toISOString().replace(/[-:T]|\.\d+/g, '')}`;
    const certificate = new X509Certificate(readFileSync(authority.signer)).raw;
    // The signature stands last.
    const signature = bytes.subarray(-256);
    for (const part of [digest, Buffer.from(time), certificate, signature]) {
      const start = bytes.indexOf(part);
      expect(start).toBeGreaterThan(0);
      for (let offset = start; offset < start + part.length; offset++) {
        const changed = Buffer.from(bytes);
        changed[offset] = (changed[offset] ?? 0) ^ 1;
        const attempt = () => verifyTimeStamp(changed, [text], trusted);
        expect(attempt, `${offset}`).toThrow(expect.objectContaining({ code: 'ERR_PROOF' }));
      }
    }
  });

  it('of another head or authority, or cut, is refused', async () => {
    const authority = new TimeAuthority(newFolder());
    const text = readFileSync(head, 'utf8');
    const stamp = readFileSync(authority.stamp(head));
    const other = new TimeAuthority(newFolder());
    expect(() => verifyTimeStamp(stamp, [`${text}x`], trustedOf(authority))).toThrow(
      'another head',
    );
    expect(() => verifyTimeStamp(stamp, [text], trustedOf(other))).toThrow('does not lead to');
    expect(() => verifyTimeStamp(stamp.subarray(0, 900), [text], trustedOf(authority))).toThrow(
      'the time stamp is malformed',
    );
  });

  it.each([
    ['of a SHA-1 digest', 'sha1', {}, 'its digest is SHA-1'],
    ['signed over a SHA-1 digest', 'sha256', { lines: ['signer_digest = sha1'] }, 'SHA-1'],
    [
      'that names its certificate by SHA-1',
      'sha256',
      { lines: ['ess_cert_id_alg = sha1'] },
      'name its certificate by SHA-256 or better',
    ],
    [
      'by a certificate that was signed with SHA-1',
      'sha256',
      { certificateDigest: 'sha1' },
      'a certificate is signed with SHA-1',
    ],
  ])('%s is refused', (_, digest, changes, what) => {
    const authority = new TimeAuthority(newFolder(), 'rsa', changes);
    const stamp = readFileSync(authority.stamp(head, digest));
    const text = readFileSync(head, 'utf8');
    const attempt = () => verifyTimeStamp(stamp, [text], trustedOf(authority));
    expect(attempt).toThrow(what);
  });

  it('is made with a certificate for time stamps alone, critically so', () => {
    const authority = new TimeAuthority(newFolder());
    const rawOf = (pem: Buffer) => new X509Certificate(pem).raw;
    expect(isForTimeStamps(rawOf(readFileSync(authority.signer)))).toBe(true);
    for (const usage of [
      '',
      'timeStamping',
      'critical, timeStamping, serverAuth',
      'critical, serverAuth',
      'critical, anyExtendedKeyUsage',
    ]) {
      expect(isForTimeStamps(rawOf(authority.certificateFor(usage))), usage).toBe(false);
    }
  });

  it('tells the time in `tacet proof verify`, which a receipt alone does not', async () => {
    const authority = new TimeAuthority(newFolder());
    const proof = file('job.tlog-proof', receipt);
    const policy = file('policy', `log ${ledger.verifierKey.text}\nquorum none\n`);
    const stamp = ['--tsr', authority.stamp(head), '--tsa-ca', authority.root];
    const args = ['proof', 'verify', proof, '--policy', policy];
    const alone = await tacet(args);
    expect([alone.code, alone.stderr]).toEqual([0, '']);
    expect(alone.stdout).toContain('the time: nobody but the operator vouches for it');
    const stamped = await tacet([...args, ...stamp]);
    expect([stamped.code, stamped.stderr]).toEqual([0, '']);
    expect(stamped.stdout).toContain('by the clock of O=Time Authority, CN=signer');
    expect(stamped.stdout).not.toContain('nobody but the operator');
    await ledger.append(dedupeLeaf());
    const later = file('later.tlog-proof', await ledger.receipt(1));
    const wrong = await tacet(['proof', 'verify', later, '--policy', policy, ...stamp]);
    expect([wrong.code, wrong.stdout]).toEqual([1, expect.stringContaining('of another head')]);
  });
});
