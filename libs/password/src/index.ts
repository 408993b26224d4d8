export { hashPassword, isPasswordHash, matchesPassword } from './password.ts';
