import { resourceProperties } from '../../shared/resource';
import { validate } from './validate';

export const referralCodeProperties = resourceProperties('referralCode', [validate]);
