import { describe, expect, it } from 'vitest';
import { namesIn } from '#tacet/rpc/connections/certificate-names.js';

describe('the names in a certificate', () => {
  it.each([
    ['DNS:dialler.example', ['dns:dialler.example']],
    ['DNS:Dialler.EXAMPLE', ['dns:dialler.example']],
    ['URI:spiffe://acme/Dialler', ['uri:spiffe://acme/Dialler']],
    [
      'DNS:a.example, IP Address:127.0.0.1, URI:spiffe://b, email:c@d, DNS:e.example',
      ['dns:a.example', 'uri:spiffe://b', 'dns:e.example'],
    ],
    ['', []],
    [undefined, []],
    ['IP Address:127.0.0.1', []],
    // One name that looks like two, as Node writes it.
    ['DNS:"evil.example, DNS:dialler.example"', []],
    ['URI:"spiffe://a\\u002c DNS:dialler.example", DNS:b.example', ['dns:b.example']],
    ['DNS:"a\\", DNS:dialler.example", DNS:b.example', ['dns:b.example']],
    ['othername:"DNS:dialler.example", DNS:b.example', ['dns:b.example']],
    // Nothing that Node writes: what follows is not read.
    ['DNS:a.example,DNS:b.example', []],
    ['rubbish', []],
    ['DNS:"a, DNS:b.example', []],
  ])('%s', (text, names) => {
    expect(namesIn(text)).toEqual(names);
  });
});
