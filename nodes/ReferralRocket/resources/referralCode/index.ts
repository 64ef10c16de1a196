import { defineResource } from '../../operations/resource';
import { validate } from './validate';

export const referralCode = defineResource('referralCode', [validate]);
