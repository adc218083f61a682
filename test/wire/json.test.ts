import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { protoJson, protoName } from '#tacet/wire/json.js';

const PROTO = new URL('../../proto/tacet/v1/dedupe.proto', import.meta.url);

/** The names of all fields, message by message. */
function fieldNames(keepCase: boolean): string[] {
  const { root } = protobuf.parse(readFileSync(PROTO, 'utf8'), { keepCase });
  const { nested = {} } = root.lookup('tacet.v1') as protobuf.Namespace;
  return Object.values(nested).flatMap((type) =>
    type instanceof protobuf.Type ? type.fieldsArray.map(({ name }) => name) : [],
  );
}

describe('JSON for people', () => {
  it('has the names of the proto for every field there is', () => {
    const names = fieldNames(true);
    expect(names).toContain('registered_epoch_days');
    expect(fieldNames(false).map(protoName)).toEqual(names);
  });

  it('renames keys at any depth and nothing else', () => {
    const value = {
      jobId: 'aB',
      lists: [{ sourceSha256: 'cD', override: null }, 'eF'],
      rowsInDoubt: { 'row-structure': 1 },
    };
    expect(protoJson(value)).toBe(
      '{"job_id":"aB","lists":[{"source_sha256":"cD","override":null},"eF"],' +
        '"rows_in_doubt":{"row-structure":1}}\n',
    );
  });
});
