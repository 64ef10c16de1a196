import { resource } from '../../shared/resource';
import { validate } from './validate';

export const referralCode = resource('referralCode', [validate]);
