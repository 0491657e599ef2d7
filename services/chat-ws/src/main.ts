import { runService } from '@parley/common/runtime/run-service';
import { chatWs } from './service.ts';

await runService(chatWs);
