import { resourceProperties } from '../../shared/resource';
import { get } from './get';

export const campaignProperties = resourceProperties('campaign', [get]);
