import { runService } from '@parley/common/runtime/run-service';
import { worker } from './service.ts';

await runService(worker);
