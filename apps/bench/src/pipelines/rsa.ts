import { rsa } from '@masque/pipeline';
import { loginsMaskedWith } from './logins.ts';

export default loginsMaskedWith('rsa', { ip: rsa('address'), device_id: rsa('text') });
