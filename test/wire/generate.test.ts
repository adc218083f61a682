import { expect, it } from 'vitest';
import { generateMessages } from './generate.ts';

it('the message types are those of the proto', async () => {
  await expect(generateMessages()).toMatchFileSnapshot('../../src/wire/gen/messages.ts');
});
