import { access } from './access.ts';
import { engine } from './engine.ts';
import { list } from './list.ts';
import { overview } from './overview.ts';

/** The text of each dashboard's file, by the name of the file. */
export function dashboardFiles(): Record<string, string> {
  const text = (dashboard: { build(): unknown }): string =>
    `${JSON.stringify(dashboard.build(), null, 2)}\n`;
  return {
    'overview.json': text(overview()),
    'engine.json': text(engine()),
    'list.json': text(list()),
    'access.json': text(access()),
  };
}
