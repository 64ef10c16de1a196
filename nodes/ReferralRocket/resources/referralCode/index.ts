import { resource } from '../../operations/resource';
import { validate } from './validate';

export const referralCode = resource('referralCode', [validate]);
