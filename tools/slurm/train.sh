#!/bin/bash
# One training. From the project's folder: sbatch tools/slurm/train.sh vgg19 [more options of ./train]
# By four ranks (make MPI=1): sbatch --ntasks=4 tools/slurm/train.sh vgg19 --parts 4
# The checkpoint of the last epoch is what a restart goes on from; nothing has to be written in time.
#SBATCH --job-name=train
#SBATCH --cpus-per-task=16
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
set -u
net=${1:?the network, as in: sbatch tools/slurm/train.sh vgg19}
exec srun ./train "$net" --resume "${@:2}"
