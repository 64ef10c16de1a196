import { resource } from '../../shared/resource';
import { get } from './get';

export const campaign = resource('campaign', [get]);
