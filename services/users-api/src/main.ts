import { runService } from '@parley/common/runtime/run-service';
import { usersApi } from './service.ts';

await runService(usersApi);
