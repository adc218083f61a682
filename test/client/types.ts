import type { AnsweredBatch, DedupeCall, TacetClient } from '#tacet/client/index.js';

/** What the compiler must take and refuse of the client's users; never run. */
export async function typed(client: TacetClient, call: DedupeCall): Promise<void> {
  await call.send({ keys: BigUint64Array.of(1n), optInDays: [0] });
  await call.send({ phoneNumbers: ['1'] });
  await call.send({ phoneNumbers: ['1'], optInDates: [undefined] });
  await call.send({ contacts: [{ phoneNumber: '1', optInDate: '2026-01-31' }] });
  // @ts-expect-error: both
  await call.send({ keys: [1], phoneNumbers: ['1'] });
  // @ts-expect-error: neither
  await call.send({ optInDays: [1] });
  // @ts-expect-error: encoded bytes
  await call.send(Buffer.alloc(1));
  for await (const batch of client.verdicts(['1'])) batch satisfies AnsweredBatch;
  for await (const { rows } of client.verdicts([{ keys: [1], rows: ['a'] }])) {
    rows satisfies string[];
  }
  for await (const { contacts } of client.verdicts([{ phoneNumber: '1', id: 1 }])) {
    contacts[0]?.id satisfies number | undefined;
  }
  // @ts-expect-error: a text is no list of numbers
  await client.batchCheck({ phoneNumbers: '1' });
  const { limits, lists } = await client.getLists();
  limits.numbersPerMessageMax satisfies number;
  lists[0]?.validUntilUnix satisfies number | undefined;
}
