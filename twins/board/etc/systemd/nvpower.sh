#!/bin/sh
# Chooses the confs of this module, at each boot, as the board does from its device tree.
read -r conf </usr/lib/twin/nvpmodel-conf
ln -sfn "/etc/nvpmodel/nvpmodel_$conf.conf" /etc/nvpmodel.conf
ln -sfn "/etc/nvpower/nvfancontrol/nvfancontrol_$conf.conf" /etc/nvfancontrol.conf
