/**
 * The process that plays faults, started by {@link AttackerProcess}: an attack that is busy must
 * not delay the good clients.
 */
import { FAULTS } from './catalogue.js';
import { Attack, type Attacked, type Target } from './fault.js';

/** What the attacker is asked to do. */
export interface Order {
  readonly fault: string;
  readonly target: Target;
  readonly ms: number;
  readonly seed: number;
}

/** What it answers. */
export type Report = { readonly attacked: Attacked } | { readonly error: string };

async function play({ fault: name, target, ms, seed }: Order): Promise<Attacked> {
  const fault = FAULTS.find((one) => one.name === name);
  if (fault === undefined) throw new Error(`there is no fault "${name}"`);
  const attack = new Attack(target, { ms, seed });
  try {
    await fault.play(attack);
    await attack.rest();
  } finally {
    attack.end();
  }
  return attack.end();
}

process.on('message', (order: Order) => {
  const report = (answer: Report): void => void process.send?.(answer);
  play(order).then(
    (attacked) => report({ attacked }),
    (error: unknown) => report({ error: String(error) }),
  );
});
