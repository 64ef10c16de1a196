import { resource } from '../../operations/resource';
import { get } from './get';

export const campaign = resource('campaign', [get]);
