import type { Transport } from '../told.ts';
import { tcpFrames } from './tcp-frames.ts';
import { tcpLines } from './tcp-lines.ts';
import { webSocketBinary } from './web-socket-binary.ts';
import { webSocketJson } from './web-socket-json.ts';
import { webSocketText } from './web-socket-text.ts';

export const transports: readonly Transport[] = [webSocketJson, webSocketBinary, webSocketText, tcpFrames, tcpLines];
