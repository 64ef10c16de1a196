import { defineResource } from '../../operations/resource';
import { get } from './get';

export const campaign = defineResource('campaign', [get]);
