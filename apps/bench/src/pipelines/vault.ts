import { vault } from '@masque/pipeline';
import { loginsMaskedWith } from './logins.ts';

export default loginsMaskedWith('vault', { ip: vault('address'), device_id: vault('text') });
