import { runService } from '@parley/common/runtime/run-service';
import { gateway } from './service.ts';

await runService(gateway);
