import { describe } from 'vitest';
import { compareHalf } from './library-run.ts';

// The other half is in a file of its own, so that the two run at the same time.
describe('against libphonenumber-js, first half', () => {
  compareHalf(20261122);
});
