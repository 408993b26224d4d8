import { writeFileSync } from 'node:fs';
import { envExample, envExampleFile, readme, readmeFile } from './pages.ts';

writeFileSync(envExampleFile, envExample());
writeFileSync(readmeFile, readme());
