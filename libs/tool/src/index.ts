export { runTool, type Tool } from './tool.ts';
