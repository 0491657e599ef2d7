import { allSettings } from './all-settings.ts';
import { startFromCommandLine } from './command-line.ts';
import { services } from './services.ts';

process.exitCode = await startFromCommandLine({
  services,
  settings: allSettings,
  args: process.argv.slice(2),
  env: process.env,
});
