/**
 * Writes the dashboards that are committed: npx tsc -p deploy/grafana && node
 * build/grafana/generate.js, in the root of the repository.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboardFiles } from './dashboards.ts';

for (const [name, text] of Object.entries(dashboardFiles())) {
  writeFileSync(join('deploy/grafana/dashboards', name), text);
}
