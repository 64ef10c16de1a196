import { defineResource } from '../../operations/resource';
import { add } from './add';
import { get } from './get';
import { list } from './list';
import { listReferrals } from './listReferrals';
import { qualify } from './qualify';

export const participant = defineResource('participant', [add, get, list, listReferrals, qualify]);
