import { describe, expect, it } from 'vitest';
import { identityOf } from '#tacet/observe/call-identity.js';

/** Metadata as grpc-js gives it: the values of a name, in order. */
const metadata = (values: Readonly<Record<string, readonly (string | Buffer)[]>>) => ({
  get: (name: string) => values[name] ?? [],
});

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('the trace of a call', () => {
  const traceOf = (...values: (string | Buffer)[]) => {
    const { request_id: _, ...trace } = identityOf(metadata({ traceparent: values }));
    return trace;
  };
  const known = { trace_id: TRACE, span_id: SPAN };

  it.each([
    ['of version 00', `00-${TRACE}-${SPAN}-01`],
    ['that is not sampled', `00-${TRACE}-${SPAN}-00`],
    ['of a later version', `01-${TRACE}-${SPAN}-03`],
    ['of a later version, with more behind it', `cc-${TRACE}-${SPAN}-01-what.the-future`],
  ])('is read from a traceparent %s', (_, text) => {
    expect(traceOf(text)).toEqual(known);
  });

  it.each([
    ['that is empty', ['']],
    ['of version ff', [`ff-${TRACE}-${SPAN}-01`]],
    ['in capitals', [`00-${TRACE.toUpperCase()}-${SPAN}-01`]],
    ['with a trace id of zeros', [`00-${'0'.repeat(32)}-${SPAN}-01`]],
    ['with a span id of zeros', [`00-${TRACE}-${'0'.repeat(16)}-01`]],
    ['of version 00 with more behind it', [`00-${TRACE}-${SPAN}-01-more`]],
    ['that is cut', [`00-${TRACE}-${SPAN}-0`]],
    ['with a line break behind it', [`00-${TRACE}-${SPAN}-01\n`]],
    ['of a later version with a line break in it', [`01-${TRACE}-${SPAN}-01-a\nb`]],
    ['of 257 characters', [`01-${TRACE}-${SPAN}-01-${'x'.repeat(201)}`]],
    ['that is sent twice', [`00-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-01`]],
    ['that was joined with another', [`00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`]],
    ['that is bytes', [Buffer.from(`00-${TRACE}-${SPAN}-01`)]],
  ])('is not read from a traceparent %s', (_, values) => {
    expect(traceOf(...values)).toEqual({});
  });

  it('may fill 256 characters', () => {
    expect(traceOf(`01-${TRACE}-${SPAN}-01-${'x'.repeat(200)}`)).toEqual(known);
  });
});

describe('the request id of a call', () => {
  const idOf = (...values: (string | Buffer)[]) =>
    identityOf(metadata({ 'x-request-id': values })).request_id;

  it.each([
    ['a UUID', 'b3f1a0de-7d52-4c5b-9a59-0c3f5e8d1a77'],
    ['a UUID with a group of digits', '04751234-7d52-4c5b-9a59-047512345678'],
    ['32 hex digits', '0475123456789012345678901234567f'],
    ['a ULID', '01ARZ3NDEKTSV4RRFFQ69G5FAV'],
    ['a short count', 'dialler-7/1234'],
    ['six digits in a row', 'call:123456'],
    ['more digits than a phone number has', '123456789012345678'],
    ['128 characters', 'a'.repeat(128)],
  ])('is the one that is sent: %s', (_, text) => {
    expect(idOf(text)).toBe(text);
  });

  it.each([
    ['none', []],
    ['an empty one', ['']],
    ['one of 129 characters', ['a'.repeat(129)]],
    ['one with a line break', ['abc\ndef']],
    ['one with a line break at its end', ['abc\n']],
    ['one with a space', ['abc def']],
    ['one with quotes', ['a"b']],
    ['one in other letters', ['appel-é']],
    ['two', ['abc', 'def']],
    ['bytes', [Buffer.from('abc')]],
    ['a phone number', ['0475123456']],
    ['an international one', ['+32475123456']],
    ['one with 00', ['0032475123456']],
    ['a grouped one', ['0475/12.34.56']],
    ['one with hyphens, in a word', ['call-0475-12-34-56-a']],
    ['one glued to letters', ['call0475123456']],
    ['the longest of E.164', ['123456789012345']],
    ['one before longer digits', ['0475123456-1764000000123456789']],
    ['one among hex digits', ['0475123456abcdef']],
  ])('is made here for %s', (_, values) => {
    const made = idOf(...values);
    expect(made).toMatch(UUID);
    expect(idOf(...values)).not.toBe(made);
  });
});
