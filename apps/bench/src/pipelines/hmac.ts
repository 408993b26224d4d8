import { hmac } from '@masque/pipeline';
import { loginsMaskedWith } from './logins.ts';

export default loginsMaskedWith('hmac', { ip: hmac('address'), device_id: hmac('text') });
