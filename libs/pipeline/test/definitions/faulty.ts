import { define } from '../definition.ts';

export default define({ name: 'Faulty' });
