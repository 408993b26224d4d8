/**
 * Preloaded (`node --import`) into the stages that the demo starts. Their standard input is a pipe from the demo; when
 * it ends, the demo is gone, however it went, and the stage is asked to stop. A stage itself knows nothing of this.
 */
process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM'));
process.stdin.resume();
process.stdin.unref();
