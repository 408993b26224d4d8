import { siv } from '@masque/pipeline';
import { loginsMaskedWith } from './logins.ts';

export default loginsMaskedWith('siv', { ip: siv('address'), device_id: siv('text') });
