#!/bin/bash
# Every algorithm with five seeds, a task each; then compare them with
#   ./search NET --merge runs/campaign/*
# From the project's folder: sbatch tools/slurm/campaign.sh vgg19 [more options of ./search]
#SBATCH --job-name=campaign
#SBATCH --array=0-34
#SBATCH --cpus-per-task=4
#SBATCH --time=02:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=TERM@60
set -u
net=${1:?the network, as in: sbatch tools/slurm/campaign.sh vgg19}
algorithms=(mse sensitivity grid random greedy cem ppo)
algorithm=${algorithms[SLURM_ARRAY_TASK_ID % 7]}
seed=$((SLURM_ARRAY_TASK_ID / 7 + 1))

# --resume starts where there is nothing to go on from, so one script serves the first start and
# every restart.
exec srun ./search "$net" --algo "$algorithm" --seed "$seed" --top 1 --reconstruction 0 --resume \
  --out "runs/campaign/$algorithm-$seed" "${@:2}"
