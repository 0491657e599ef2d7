import { runService } from '@parley/common/runtime/run-service';
import { discovery } from './service.ts';

await runService(discovery);
