import { commonSettings } from '../common-settings.ts';
import { createHttpApp, finishHttpApp } from '../http-app.ts';
import { listenHttp, StartError } from '../listen.ts';
import { createMetrics } from '../metrics.ts';
import { createServiceTokens } from '../service-tokens.ts';
import { defineSettings, oneOf, port, type SettingsOf, setting } from '../settings.ts';
import type { ServiceContext } from '../start-service.ts';

const settings = defineSettings({
  ...commonSettings,
  port: setting('TINY_PORT', port(), { default: 0, doc: 'HTTP port' }),
  start: setting('TINY_START', oneOf('well', 'never', 'badly', 'for ever'), { default: 'well', doc: 'how it starts' }),
});

/** The smallest service that uses the whole runtime: what the tests start, also as a process. */
export const tinyService = {
  name: 'tiny',
  settings,
  async create(context: ServiceContext<SettingsOf<typeof settings>>) {
    const { host, port: wanted, start } = context.settings;
    if (start !== 'well') setInterval(() => {}, 60_000);
    if (start === 'badly') throw new StartError('there is no paper');
    if (start === 'never') {
      context.log.info('waiting for paper');
      await new Promise(() => {});
    }
    const metrics = createMetrics(context.name);
    const tokens = createServiceTokens(context.keys, context.name);
    const app = createHttpApp({
      context,
      metrics,
      tokens,
      checks: [{ name: 'printer', check: () => 'is out of paper', isNote: true }],
    });
    app.post('/json', (req, res) => void res.json(req.body));
    app.get('/slow', (req, res) => void setTimeout(() => res.send('done'), Number(req.query.ms)));
    app.get('/broken', () => {
      throw new Error('the inside of the machine');
    });
    finishHttpApp(app, context);
    const { url } = await listenHttp(app, { host, port: wanted, setting: 'TINY_PORT', closers: context.closers });
    return { addresses: [{ label: 'HTTP', url }] };
  },
};
