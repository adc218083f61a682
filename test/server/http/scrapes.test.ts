import { describe, expect, it } from 'vitest';
import { Scrapes } from '#tacet/server/http/scrapes.js';

/** Scrapes whose texts count how many were made. */
function counted() {
  let made = 0;
  const scrapes = new Scrapes(async () => `${++made}`);
  return { scrapes, made: () => made };
}

describe('scrapes', () => {
  it('are each fresh, one after the other', async () => {
    const { scrapes } = counted();
    for (let scrape = 1; scrape <= 5; scrape++) expect(await scrapes.text()).toBe(`${scrape}`);
  });

  it('at once share a text', async () => {
    const { scrapes, made } = counted();
    const texts = await Promise.all(Array.from({ length: 100 }, () => scrapes.text()));
    expect(new Set(texts)).toEqual(new Set(['1']));
    expect(made()).toBe(1);
  });

  it('by the hundred share texts, and the next is fresh again after a while', async () => {
    const { scrapes, made } = counted();
    for (let scrape = 0; scrape < 500; scrape++) await scrapes.text();
    expect(made()).toBeLessThan(100);
    const before = made();
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await scrapes.text()).toBe(`${before + 1}`);
  });

  it('that failed are not shared', async () => {
    let fails = true;
    const scrapes = new Scrapes(async () => {
      if (fails) throw new Error('no metrics');
      return 'text';
    });
    await expect(scrapes.text()).rejects.toThrow('no metrics');
    fails = false;
    expect(await scrapes.text()).toBe('text');
  });
});
