import { describe, expect, it } from 'vitest';
import {
  type Act,
  endOf,
  NO_STANDING,
  type Register,
  type RegisterOperation,
  standingAfter,
} from '#tacet/registers/standing.js';

/** `objections add 10` and the like, one after another. */
function after(...acts: string[]) {
  return acts.reduce((standing, text) => {
    const [register, operation, day, left] = text.split(' ');
    const act: Act = {
      register: register as Register,
      operation: operation as RegisterOperation,
      day: Number(day),
    };
    return standingAfter(standing, act, Number(left ?? 0));
  }, NO_STANDING);
}

describe('objections', () => {
  it.each([
    [['objections add 10'], 10, 10],
    [['objections add 10', 'objections add 7'], 10, 10],
    [['objections add 10', 'objections add 12'], 12, 12],
    [['objections add 10', 'objections lift 20'], 0, 10],
    [['objections add 10', 'objections lift-mistake 20'], 0, 0],
    [['objections add 10', 'objections lift 20', 'objections add 8'], 8, 10],
    [['opt-ins lift 15', 'objections add 10', 'objections lift-mistake 20'], 0, 15],
    [['objections lift 20'], 0, 0],
  ])('%j: objection of day %i, opt-ins ended up to %i', (acts, objectionDay, endDay) => {
    const standing = after(...acts);
    expect(standing.objectionDay).toBe(objectionDay);
    expect(endOf(standing)).toBe(endDay);
  });
});

describe('opt-ins', () => {
  it.each([
    [['opt-ins add 10'], 10, 0],
    [['opt-ins add 10', 'opt-ins add 7'], 10, 0],
    [['opt-ins add 10', 'opt-ins lift 12'], 10, 12],
    [['opt-ins lift 12', 'opt-ins lift 3'], 0, 12],
    [['opt-ins add 10', 'opt-ins add 12', 'opt-ins lift-mistake 0 10'], 10, 0],
    [['opt-ins add 10', 'opt-ins lift-mistake 0'], 0, 0],
    [['opt-ins add 10', 'objections add 11', 'objections lift-mistake 0'], 10, 0],
  ])('%j: the latest of day %i, ended up to %i', (acts, optInDay, endDay) => {
    const standing = after(...acts);
    expect(standing.optInDay).toBe(optInDay);
    expect(endOf(standing)).toBe(endDay);
  });
});
