#!/bin/bash
# One search, by four ranks (make MPI=1). From the project's folder: sbatch tools/slurm/search.sh vgg19 [more options of ./search]
#SBATCH --job-name=search
#SBATCH --ntasks=4
#SBATCH --cpus-per-task=16
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=TERM@60
set -u
net=${1:?the network, as in: sbatch tools/slurm/search.sh vgg19}
exec srun ./search "$net" --resume "${@:2}"
