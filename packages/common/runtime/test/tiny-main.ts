import { runService } from '../run-service.ts';
import { tinyService } from './tiny-service.ts';

await runService(tinyService);
